"""AMQP type letters of message headers, which py-amqp reads over; part of scripts/record-wire."""

import struct

import amqp.basic_message


def field_types(table):
    """Type letters of an AMQP field table, read from its bytes: py-amqp keeps values only."""
    types, at = {}, 0
    while at < len(table):
        name_end = at + 1 + table[at]
        name = table[at + 1:name_end].decode()
        types[name], at = field_type(table, name_end)
    return types


SIZES = {'t': 1, 'b': 1, 'B': 1, 's': 2, 'u': 2, 'I': 4, 'i': 4, 'L': 8, 'l': 8, 'f': 4, 'd': 8, 'D': 5, 'T': 8, 'V': 0}


def field_type(table, at):
    letter = chr(table[at])
    at += 1
    if letter in SIZES:
        return letter, at + SIZES[letter]
    end = at + 4 + struct.unpack_from('>I', table, at)[0]
    if letter == 'F':
        return {letter: field_types(table[at + 4:end])}, end
    if letter != 'A':
        return letter, end
    items, at = [], at + 4
    while at < end:
        item, at = field_type(table, at)
        items.append(item)
    return {letter: items}, end


def keep_raw_headers():
    original = amqp.basic_message.Message._load_properties

    def load(self, class_id, buf, offset):
        raw = bytes(buf[offset:])
        flags = struct.unpack_from('>H', raw)[0]
        at = 2
        for bit in (15, 14):
            if flags & (1 << bit):
                at += 1 + raw[at]
        if flags & (1 << 13):
            length = struct.unpack_from('>I', raw, at)[0]
            self.header_types = field_types(raw[at + 4:at + 4 + length])
        return original(self, class_id, buf, offset)

    amqp.basic_message.Message._load_properties = load
