"""The register of all uses of all forms: what the tests run and what the coverage table counts."""

import catalogue_bg96
import catalogue_fibocom
import catalogue_simcom

CASES = {
    "bg96": catalogue_bg96.CASES,
    "a7600": catalogue_simcom.A7600_CASES,
    "sim7028": catalogue_simcom.SIM7028_CASES,
    "nl668": catalogue_fibocom.NL668_CASES,
    "l610": catalogue_fibocom.L610_CASES,
}
