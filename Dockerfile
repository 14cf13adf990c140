# The embedded set in one image. Build: docker build -t flytrap . — run: docker-compose up
FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends mosquitto \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 10001 flytrap
WORKDIR /app
COPY --chown=flytrap:flytrap . .
RUN mkdir -p /data && chown flytrap:flytrap /app /data
USER flytrap
RUN npm ci && npm run build && npm cache clean --force
ENV FLYTRAP_HOME=/data/home
VOLUME /data
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.FLYTRAP_GATEWAY_PORT||4000)+'/health').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["npx", "flytrap", "up"]
