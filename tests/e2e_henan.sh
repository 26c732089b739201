#!/bin/bash
# A hundredth of Henan's half-year through real nodes: do the bulletin and all figures come out as played?
QUICK=1 exec "$(dirname "$0")/henan/run.sh"
