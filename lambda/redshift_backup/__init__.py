"""Back up Redshift clusters into a second AWS account: create, share, prune. Runs in AWS Lambda."""
