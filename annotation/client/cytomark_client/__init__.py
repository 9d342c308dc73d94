"""A Cytomark server from Python.

server = Cytomark("https://cytomark.example.org", token=os.environ["CYTOMARK_TOKEN"])
project = server.create_project("Yeast")
project.upload("images/")
project.find_cells("starter")
pairs = load(project.download("yeast/"))
"""

from .data import Pair, load
from .errors import CytomarkError
from .project import Project
from .records import Engine, Image, Job
from .server import Cytomark

__all__ = ["Cytomark", "CytomarkError", "Engine", "Image", "Job", "Pair", "Project", "load"]
