# One image for every role: `orderproof serve`, `orderproof worker …`, and any command.
# Built from the locked dependencies alone; it runs as nobody in particular, on a file system that it cannot write.

FROM python:3.13.9-slim-trixie AS build
WORKDIR /build
COPY requirements.lock .
# Development tools are in the lock as well; what runs needs them no more than they do harm.
RUN python -m venv /opt/orderproof \
 && /opt/orderproof/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY eventstore eventstore
COPY sources sources
COPY projections projections
COPY api api
COPY archive archive
COPY evidence evidence
COPY orderproof orderproof
RUN /opt/orderproof/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.13.9-slim-trixie
RUN apt-get update \
 && apt-get install --yes --no-install-recommends fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin orderproof \
 && install --directory --owner orderproof --group orderproof --mode 0700 /data
COPY --from=build /opt/orderproof /opt/orderproof
ENV PATH=/opt/orderproof/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp ORDERPROOF_DATA=/data
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["orderproof"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
