# One build, three images: gateway (the default), worker, python-worker.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY amqp amqp
COPY celery celery
COPY client client
COPY runtime runtime
COPY scripts scripts
COPY server server
COPY workers workers
RUN npm run build && npm prune --omit=dev

FROM node:24-slim AS node
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node

FROM node AS worker
CMD ["node", "--max-semi-space-size=4", "dist/workers/main.js", "-Q", "celery,typescript", "-n", "typescript@%h", "-l", "INFO", "-E"]

FROM python:3.13-slim AS python-worker
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app/workers/python
COPY workers/python/requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt && useradd --system --no-create-home celery
# The twin reads the same data files as the TypeScript tasks.
COPY workers/tasks/data /app/workers/tasks/data
COPY workers/python ./
USER celery
CMD ["celery", "-A", "app", "worker", "-Q", "celery,python", "-n", "python@%h", "-l", "INFO", "-E"]

FROM node AS gateway
ENV GATEWAY_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.GATEWAY_PORT || 8000) + '/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/server/main.js"]
