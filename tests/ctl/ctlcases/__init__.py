# SPDX-License-Identifier: LGPL-2.1-or-later
"""ptctl on fake machines: what it prints, as text and as JSON, and how it exits."""
