"""python -m cytomark_client"""

import sys

from .command import main

sys.exit(main())
