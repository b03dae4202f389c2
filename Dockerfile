# syntax=docker/dockerfile:1

FROM rust:1.95-slim-bookworm AS build
# Debian keeps one version of these in a release: pinning it breaks at each point release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make perl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# OpenSSL is built in, so that the image does not depend on the one of its base. `top` is left out:
# where the keys are, nobody needs a view on a terminal. Keys in an HSM are in; the module of its maker is
# mounted, and is no part of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --profile dist --locked --bin idphoto --no-default-features --features vendored-openssl,pkcs11 \
    && cp target/dist/idphoto /usr/local/bin/ \
    && mkdir -m 0700 /state

# glibc, libgcc and the certificates of public authorities; no shell.
FROM gcr.io/distroless/cc-debian12:nonroot
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="idphoto" \
      org.opencontainers.image.description="gRPC gateway for UnionPay International's ID Card Photo Verification" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /usr/local/bin/idphoto /usr/local/bin/idphoto
# Where the ledger is by default. Without a volume here it goes with the container, and orders that
# were sent can be sent and charged again.
COPY --from=build --chown=65532:65532 /state /var/lib/idphoto
WORKDIR /var/lib/idphoto
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENV IDPHOTO_SERVER__LISTEN=0.0.0.0:50051 \
    IDPHOTO_TELEMETRY__LOG_FORMAT=json
EXPOSE 50051
# Plaintext on loopback: where the port has TLS, give your own with --target and --ca-file.
HEALTHCHECK --interval=10s --timeout=6s --start-period=5s --retries=3 \
    CMD ["/usr/local/bin/idphoto", "health"]
# It drains for up to server.drain_timeout (75 s): stop it with a longer limit than that.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/idphoto"]
CMD ["serve", "--config", "/etc/idphoto/idphoto.toml"]
