# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reports of guests against their schema."""

import json
import unittest

from ptboot import facts, schema

GOOD = {"version": "1.0", "driver": "vfio-pci", "off": True, "words": [], "devices": [],
        "neighbours": [], "complaints": [], "elapsed_us": 1, "fulfilled": True,
        "totals": {}}


def told(text):
    made = facts.Facts("initramfs", "6.12.0", "")
    made.reports = [facts.REPORT_PATH, *text.splitlines()] if text else []
    return schema.complaints(made)


class Schema(unittest.TestCase):
    def test_no_report_is_no_complaint(self):
        self.assertEqual(told(""), [])

    def test_a_report_that_is_no_json(self):
        self.assertEqual(told("{"), ["/run/pt-hook/report.json is not JSON"])

    @unittest.skipIf(schema.MISSING, schema.MISSING)
    def test_members_are_looked_at(self):
        base = told(json.dumps(GOOD))
        self.assertFalse([text for text in base if "/off" in text], base)
        self.assertTrue(any("/off: " in text for text in told(json.dumps(GOOD | {"off": "no"}))))
        self.assertTrue(any("surprise" in text for text in told(json.dumps(GOOD | {"surprise": 1}))))


if __name__ == "__main__":
    unittest.main()
