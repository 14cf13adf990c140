// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title MQTT topic filters as the contract registers them
/// @notice MQTT 5 section 4.7, at most 256 bytes and 16 levels, well-formed UTF-8 without control characters. Empty
/// levels are legal (`/a`, `a//b`).
/// @dev Ill-formed text must not reach an event: decoders differ on it, and one that throws would stop every proxy that
/// folds the log. test/vectors/topic-filters.json holds this library and domain/topic-filter.ts equal.
library TopicFilters {
    /// @notice The text is no topic filter that could be registered.
    error FlyTrapInvalidFilter(string filter);

    uint256 internal constant MAX_BYTES = 256;
    uint256 internal constant MAX_LEVELS = 16;

    /// @return wild Whether `+` or `#` occurs.
    /// @return literal How many leading bytes are whole levels without a wildcard; 0 when there are none.
    function parse(bytes calldata filter) internal pure returns (bool wild, uint256 literal) {
        uint256 length = filter.length;
        if (length == 0 || length > MAX_BYTES) _refuse(filter);
        uint256 levels = 1;
        uint256 start;
        for (uint256 i; i < length;) {
            uint256 c = byteAt(filter, i);
            if (c == 0x2f) {
                if (++levels > MAX_LEVELS) _refuse(filter);
                if (!wild) literal = i;
                start = ++i;
            } else if (c == 0x23 || c == 0x2b) {
                // A wildcard fills its level, and `#` is the last one. [MQTT-4.7.1-1] [MQTT-4.7.1-2]
                bool fills = i == start && (i + 1 == length || (c == 0x2b && byteAt(filter, i + 1) == 0x2f));
                if (!fills) _refuse(filter);
                wild = true;
                ++i;
            } else {
                i += _scalar(filter, i, c);
            }
        }
        if (!wild) literal = length;
    }

    /// @return How many bytes the parent level of the first `length` bytes has; 0 when there is none. The empty level
    /// before a leading `/` is nobody's, so `/a` has no parent.
    function parent(bytes calldata filter, uint256 length) internal pure returns (uint256) {
        while (length != 0) if (byteAt(filter, --length) == 0x2f) return length;
        return 0;
    }

    /// @return Whether rights on it can be sold: a literal filter or one that ends in `/#`, since `check` answers for these.
    function isSellable(bytes calldata filter) internal pure returns (bool) {
        uint256 length = filter.length;
        for (uint256 i; i < length; ++i) if (byteAt(filter, i) == 0x2b) return false;
        return true;
    }

    /// @return Whether the text can stand in a PUBLISH: no wildcard, no NUL, not empty. [MQTT-3.3.2-2] [MQTT-4.7.3-1]
    /// [MQTT-4.7.3-2]
    function isName(bytes calldata name) internal pure returns (bool) {
        for (uint256 i; i < name.length; ++i) {
            uint256 c = byteAt(name, i);
            if (c == 0x23 || c == 0x2b || c == 0) return false;
        }
        return name.length != 0;
    }

    function byteAt(bytes calldata filter, uint256 i) internal pure returns (uint256 c) {
        assembly ("memory-safe") {
            c := byte(0, calldataload(add(filter.offset, i)))
        }
    }

    /// @dev Length of the UTF-8 sequence at `i` (RFC 3629 section 4): no control characters, overlong forms, surrogates.
    function _scalar(bytes calldata filter, uint256 i, uint256 c) private pure returns (uint256 size) {
        if (c < 0x80) {
            if (c < 0x20 || c == 0x7f) _refuse(filter);
            return 1;
        }
        size = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        if (c < 0xc2 || c > 0xf4 || i + size > filter.length) _refuse(filter);
        uint256 second = byteAt(filter, i + 1);
        bool outside = (c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90)
            || (c == 0xf4 && second > 0x8f);
        if (outside) _refuse(filter);
        for (uint256 k = 1; k < size; ++k) if (byteAt(filter, i + k) >> 6 != 2) _refuse(filter);
    }

    function _refuse(bytes calldata filter) private pure {
        revert FlyTrapInvalidFilter(string(filter));
    }
}
