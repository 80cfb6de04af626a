"""A script for spark-submit: `obligations build` on the cluster that spark-submit names.

    spark-submit --master spark://host:7077 PACKAGE/cli/spark_submit.py hdfs:///policies --shards hdfs:///graphs

PACKAGE is the folder of the installed program: python -c "import build_graph; print(build_graph.__path__[0])"
"""

from __future__ import annotations

import sys

from build_graph.cli import main
from build_graph.corpus.spark.session import read_submitted_master

if __name__ == "__main__":
    main(["build", "--spark", read_submitted_master(), *sys.argv[1:]], prog_name="obligations")
