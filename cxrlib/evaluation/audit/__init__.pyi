from .checks import CHECKS as CHECKS, audit as audit
from .report import Finding as Finding, Report as Report, write_html as write_html
