from .baseline import compare as compare, read_baseline as read_baseline
from .checks import CHECKS as CHECKS, audit as audit
from .outputs import write_json as write_json, write_junit as write_junit
from .page import write_html as write_html
from .probes import check_folder_shift as check_folder_shift
from .report import Affected as Affected, Finding as Finding, Report as Report
