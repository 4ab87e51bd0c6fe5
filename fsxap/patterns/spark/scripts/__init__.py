"""Spark jobs: plain files for spark-submit that need nothing but PySpark 3.5, and Python 3.9 as EMR has it."""
