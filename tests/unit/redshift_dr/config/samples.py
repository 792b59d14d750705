"""The least that ``defaults`` of a ``clusters.yaml`` has to say."""

DEFAULTS = """\
defaults:
  region_name: us-east-1
  source_account_id: "164543933824"
  target_account_id: "058264155998"
  schedule: "0 2 * * *"
  owner: data
  contact: data@example.com
  alert_topic_arn: arn:aws:sns:us-east-1:164543933824:alerts
"""
