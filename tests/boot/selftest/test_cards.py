# SPDX-License-Identifier: LGPL-2.1-or-later
"""Text forms of cards and places, and the configuration space that comes of them."""

import struct
import unittest

from ptboot import cards, configspace, peer
from ptboot.cards import Where
from ptboot.support import Problem


class CardText(unittest.TestCase):
    def test_first_function_is_a_display_and_the_next_its_audio(self):
        card = cards.parse_card("10de:1b06,10de:10ef")
        self.assertEqual([f.ids for f in card.functions], ["10de:1b06", "10de:10ef"])
        self.assertEqual([f.class_code for f in card.functions], [0x030000, 0x040300])
        self.assertEqual(card.where, Where())

    def test_subsystem_class_and_bar_are_taken_as_given(self):
        function = cards.parse_card("1:2:3:4/0c0330/64k").functions[0]
        self.assertEqual(function, cards.Function(1, 2, 3, 4, 0x0C0330, 65536))

    def test_a_class_of_four_digits_has_no_programming_interface(self):
        self.assertEqual(cards.parse_card("1:2/0302").functions[0].class_code, 0x030200)

    def test_subsystem_is_the_card_itself_unless_given(self):
        function = cards.parse_card("10de:1b06").functions[0]
        self.assertEqual((function.subvendor, function.subdevice), (0x10DE, 0x1B06))

    def test_places(self):
        for text, where in (("root", Where(root=True)), ("port", Where()), ("4", Where(4)),
                            ("1a.7", Where(0x1A, 7)), ("port/switch", Where(bridge="switch")),
                            ("5.1/pci", Where(5, 1, "pci"))):
            with self.subTest(text):
                self.assertEqual(cards.parse_where(text, text), where)

    def test_bad_cards_are_refused(self):
        for text in ("", "10de", "10de:", "10de:1b06:1", "10de:1b06:1:2:3", "xyz:1b06",
                     "10de0:1b06", "0x10de:1b06", "10de:1b06,", ",", "10de:1b06/zz",
                     "10de:1b06/0300000", "10de:1b06/0300/3k", "10de:1b06/0300/8",
                     "10de:1b06/0300/2048m", "10de:1b06/0300/1g", "10de:1b06@", "10de:1b06@1b",
                     "10de:1b06@1", "10de:1b06@4.1", "10de:1b06@root.1", "10de:1b06@4/agp",
                     ",".join(["10de:1b06"] * 9)):
            with self.subTest(text), self.assertRaises(Problem):
                cards.parse_card(text)

    def test_a_device_without_a_place_goes_to_qemu_as_it_is(self):
        self.assertEqual(cards.parse_device("edu,addr=5.0"), ("edu,addr=5.0", None))
        self.assertEqual(cards.parse_device("edu@port.1"), ("edu", Where(None, 1)))
        with self.assertRaises(Problem):
            cards.parse_device("@3")


class ConfigSpace(unittest.TestCase):
    def setUp(self):
        function = cards.parse_card("10de:1b06:3842:6696/030000/16m").functions[0]
        self.space = configspace.ConfigSpace(function, True, 2)

    def number(self, offset, length):
        return int.from_bytes(self.space.read(offset, length), "little")

    def test_header(self):
        self.assertEqual(struct.unpack("<HH", self.space.read(0, 4)), (0x10DE, 0x1B06))
        self.assertEqual(self.number(configspace.CLASS, 3), 0x030000)
        self.assertEqual(struct.unpack("<HH", self.space.read(0x2C, 4)), (0x3842, 0x6696))
        self.assertEqual(self.number(configspace.HEADER_TYPE, 1), 0x80)
        self.assertEqual(self.number(configspace.INTERRUPT_PIN, 1), 2)

    def test_the_capability_list_is_found_and_ends(self):
        self.assertTrue(self.number(0x06, 2) & configspace.STATUS_HAS_CAPABILITIES)
        at = self.number(configspace.CAPABILITIES, 1)
        self.assertEqual(tuple(self.space.read(at, 2)), (1, 0))

    def test_a_bar_answers_its_size_and_keeps_its_address(self):
        self.space.write(configspace.BAR0, b"\xff\xff\xff\xff")
        self.assertEqual(self.number(configspace.BAR0, 4), 0xFF000000)
        self.space.write(configspace.BAR0, struct.pack("<I", 0xFD123456))
        self.assertEqual(self.number(configspace.BAR0, 4), 0xFD000000)

    def test_ids_cannot_be_written(self):
        self.space.write(0, b"\0" * 4)
        self.assertEqual(self.number(0, 2), 0x10DE)

    def test_extended_space_is_empty(self):
        self.assertEqual(self.space.read(0x100, 4), b"\0" * 4)
        self.assertEqual(self.space.read(0xFE, 4)[2:], b"\0\0")
        self.space.write(0xFF, b"\1\2")


class Protocols(unittest.TestCase):
    def setUp(self):
        self.space = configspace.ConfigSpace(cards.parse_card("10de:1b06").functions[0], False, 1)

    def test_proxy_reads_the_ids(self):
        body = peer.PROXY_ACCESS.pack(0, 0, 4)
        reply = peer.proxy_answer(self.space, peer.CONFIG_READ, body)
        self.assertEqual(reply, peer.PROXY_HEADER.pack(peer.RET, 0, 8) +
                         struct.pack("=Q", 0x1B0610DE))

    def test_proxy_says_nothing_where_none_is_awaited(self):
        for code in peer.PROXY_SILENT:
            self.assertIsNone(peer.proxy_answer(self.space, code, b""))

    def test_vfio_user_reads_the_ids(self):
        body = peer.USER_ACCESS.pack(0, peer.CONFIG_REGION, 4)
        header = (7, peer.REGION_READ, 32, 0, 0)
        reply = peer.user_answer(self.space, header, body)
        self.assertEqual(reply[:16], peer.USER_HEADER.pack(7, peer.REGION_READ, 36, 1, 0))
        self.assertEqual(reply[-4:], bytes.fromhex("de10061b"))

    def test_vfio_user_refuses_what_it_does_not_know(self):
        reply = peer.user_answer(self.space, (1, 99, 16, 0, 0), b"")
        self.assertEqual(peer.USER_HEADER.unpack(reply)[3:], (0x21, peer.EINVAL))

    def test_vfio_user_keeps_silent_when_asked_to(self):
        body = peer.USER_ACCESS.pack(4, peer.CONFIG_REGION, 1) + b"\x02"
        self.assertIsNone(peer.user_answer(self.space, (1, peer.REGION_WRITE, 33, 0x10, 0), body))
        self.assertEqual(self.space.read(4, 1), b"\x02")


if __name__ == "__main__":
    unittest.main()
