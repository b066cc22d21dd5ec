"""A pytest plugin for the client's own tests: they ask the service named in the environment."""

import os

from akismet import _common

_common._API_URL = os.environ["GATEHOUSE_TEST_AKISMET_URL"]
