"""The decisions of a drill: which snapshot, which name, whose cluster, which verdict. Pure."""
