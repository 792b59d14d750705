# The image of every part of the distributed Airflow, and, as its own target, of the sandbox.
FROM python:3.12.12-slim-bookworm AS airflow

ENV AIRFLOW_HOME=/opt/airflow \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONUNBUFFERED=1

# The folder of the logs is made here, so that the volume over it belongs to the same user.
RUN useradd --uid 50000 --gid 0 --no-log-init --create-home --home-dir /opt/airflow airflow \
    && install --directory --owner=50000 --group=0 /opt/airflow/logs /opt/sandbox/shared

COPY requirements.txt requirements-fleet.txt /tmp/
RUN pip install --require-hashes -r /tmp/requirements.txt \
    && pip install --require-hashes -r /tmp/requirements-fleet.txt \
    && rm /tmp/requirements.txt /tmp/requirements-fleet.txt

COPY fleet/entrypoint.sh /entrypoint.sh
COPY dags /opt/airflow/dags
COPY plugins /opt/airflow/plugins
COPY include /opt/airflow/include

USER 50000:0
WORKDIR /opt/airflow
ENTRYPOINT ["sh", "/entrypoint.sh"]


FROM python:3.12.12-slim-bookworm AS sandbox

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONUNBUFFERED=1

RUN useradd --uid 50000 --gid 0 --no-log-init --create-home --home-dir /opt/sandbox sandbox \
    && install --directory --owner=50000 --group=0 /opt/sandbox/shared

COPY requirements-dev.txt /tmp/
RUN pip install --require-hashes -r /tmp/requirements-dev.txt && rm /tmp/requirements-dev.txt

COPY lambda /opt/sandbox/lambda
COPY sandbox /opt/sandbox/sandbox

USER 50000:0
WORKDIR /opt/sandbox
ENTRYPOINT ["python", "-m", "sandbox"]
