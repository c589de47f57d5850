# SPDX-License-Identifier: Apache-2.0
"""Integer tables of the normal distribution, one file for each of their uses."""

from oracle.model.tables.core_cdf import CORE_CDF
from oracle.model.tables.core_pdf import CORE_PDF
from oracle.model.tables.margin import MARGIN_CDF_Q7, MARGIN_CDF_Q18

__all__ = ["CORE_CDF", "CORE_PDF", "MARGIN_CDF_Q7", "MARGIN_CDF_Q18"]
