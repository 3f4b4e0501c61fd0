"""The recommenders the taste network is measured against, behind one protocol."""
