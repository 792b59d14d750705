"""What a drill leaves behind for those who ask whether the backup can be restored.

Pure but for :mod:`redshift_dr.evidence.bucket`: the document, its digest, the verdict, the charts
and the report are made of what the drill's tasks returned.
"""
