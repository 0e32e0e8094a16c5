# One image per process: docker build --target prober|aggregator|notifier|recorder|mock-server|cli .
# Written for every builder, docker-compose 1.29's included: no BuildKit features.

# Debian 13, for all stages; debian:bookworm-slim, Debian 12, does as well.
ARG BASE=debian:trixie-slim
# Another one to build on, of the same release: one that has the build packages already (and a filled ccache) makes that
# quick; CI has one.
ARG BUILD_BASE

FROM ${BUILD_BASE:-${BASE}} AS build
WORKDIR /src
COPY scripts/install-packages scripts/packages.list scripts/
RUN scripts/install-packages build && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cmake --preset release -DSTALEWATCH_TESTS=OFF \
 && cmake --build --preset release \
 && cmake --install build/release --prefix /opt/stalewatch --strip \
 && scripts/runtime-packages /opt/stalewatch/bin/* >/opt/stalewatch/runtime-packages

# What all processes run on. Its user owns the state directory, and the one that compose.yaml keeps the database's
# password in: named volumes mounted there are writable.
FROM ${BASE} AS runtime
COPY scripts/install-packages scripts/packages.list /tmp/scripts/
COPY --from=build /opt/stalewatch/runtime-packages /tmp/scripts/
RUN /tmp/scripts/install-packages @/tmp/scripts/runtime-packages \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /tmp/scripts \
 && groupadd --gid 10001 stalewatch \
 && useradd --uid 10001 --gid 10001 --home-dir /var/lib/stalewatch --shell /usr/sbin/nologin stalewatch \
 && install -d -o stalewatch -g stalewatch -m 0750 /var/lib/stalewatch \
 && install -d -o stalewatch -g stalewatch -m 0755 /run/database
COPY --from=build /opt/stalewatch/bin/stalewatch /usr/local/bin/
COPY --from=build /opt/stalewatch/share/ /usr/local/share/
ENV STALEWATCH_STATE_DIR=/var/lib/stalewatch STALEWATCH_CONFIG=/etc/stalewatch/stalewatch.yaml
USER 10001:10001
WORKDIR /var/lib/stalewatch
# Alive, not ready: a process that waits for a peer or a database is as it should be.
HEALTHCHECK --interval=10s --timeout=4s --start-period=15s --retries=3 \
  CMD ["stalewatch", "healthcheck", "--url", "http://127.0.0.1:9101/healthz"]

FROM runtime AS prober
COPY --from=build /opt/stalewatch/bin/stalewatch-prober /usr/local/bin/
ENTRYPOINT ["stalewatch-prober"]
CMD ["--config", "/etc/stalewatch/stalewatch.yaml", "--http", "0.0.0.0:9101"]

FROM runtime AS aggregator
COPY --from=build /opt/stalewatch/bin/stalewatch-aggregator /usr/local/bin/
ENTRYPOINT ["stalewatch-aggregator"]
CMD ["--config", "/etc/stalewatch/stalewatch.yaml", "--http", "0.0.0.0:9101"]

FROM runtime AS notifier
COPY --from=build /opt/stalewatch/bin/stalewatch-notifier /usr/local/bin/
ENTRYPOINT ["stalewatch-notifier"]
CMD ["--config", "/etc/stalewatch/stalewatch.yaml", "--http", "0.0.0.0:9101"]

FROM runtime AS recorder
COPY --from=build /opt/stalewatch/bin/stalewatch-recorder /usr/local/bin/
ENTRYPOINT ["stalewatch-recorder"]
CMD ["--config", "/etc/stalewatch/stalewatch.yaml", "--http", "0.0.0.0:9101"]

FROM runtime AS mock-server
COPY --from=build /opt/stalewatch/bin/stalewatch-mock-server /usr/local/bin/
HEALTHCHECK --interval=10s --timeout=4s --start-period=15s --retries=3 \
  CMD ["stalewatch", "healthcheck", "--url", "http://127.0.0.1:5000/control"]
ENTRYPOINT ["stalewatch-mock-server"]
CMD ["--port", "5000"]

# Everything in one: `stalewatch up` and the other commands.
FROM runtime AS cli
COPY --from=build /opt/stalewatch/bin/ /usr/local/bin/
HEALTHCHECK NONE
ENTRYPOINT ["stalewatch"]
CMD ["--help"]
