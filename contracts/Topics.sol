// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Administration} from "./Administration.sol";
import {PUBLISH, SUBSCRIBE, LEGITIMATE_INTERESTS} from "./Enums.sol";
import {IFlyTrap} from "./IFlyTrap.sol";
import {TopicFilters} from "./TopicFilters.sol";

/// @title Topics and grants
/// @dev A literal topic rules over its subtree down to the next literal topic. A grant counts only while its topic and
/// the concrete name's nearest literal topic have the same owner, and its id is at least the `since` of both: a subtree
/// that was handed over is carved out, and no granted right revives when topics change hands.
abstract contract Topics is Administration {
    using TopicFilters for bytes;

    struct Topic {
        // Zero for a wildcard.
        address owner;
        uint40 since;
        bool registered;
    }

    struct Grant {
        address grantor;
        uint40 id;
        uint40 until;
        uint8 basis;
    }

    /// @dev A name's levels, from the first down: where each ends, and who owns down there since when.
    struct Levels {
        uint256 count;
        uint256[16] ends;
        address[16] owners;
        uint40[16] since;
        // Index of the nearest registered literal topic; NONE when there is none.
        uint256 nearest;
        // Whether the last level is the whole name: a name may be longer than any filter.
        bool whole;
    }

    uint8 private constant BOTH = PUBLISH | SUBSCRIBE;
    uint256 private constant NONE = type(uint256).max;

    /// @dev The one counter that numbers grants and dates topics.
    uint40 private _nextId = 1;
    mapping(bytes32 topicId => Topic topic) private _topics;
    mapping(bytes32 key => Grant grant) private _grants;

    /// @inheritdoc IFlyTrap
    function giveTopic(string calldata filter, address owner_) external onlyOwner whenNotPaused {
        (bool wild, uint256 literal) = bytes(filter).parse();
        if (wild || bytes(filter).parent(literal) != 0) revert FlyTrapNotFirstLevel(filter);
        if (owner_ == address(0)) revert FlyTrapInvalidAccount(owner_);
        _register(filter, owner_, _nextId);
    }

    /// @inheritdoc IFlyTrap
    function registerTopic(string calldata filter) external whenNotPaused {
        (bool wild, uint256 literal) = bytes(filter).parse();
        Topic storage above = _nearest(bytes(filter), wild ? literal : bytes(filter).parent(literal));
        if (above.owner != msg.sender) revert FlyTrapNotTopicOwner(filter, msg.sender);
        // A literal topic inherits its parent's number: registering below one's own topic is no change of hands.
        _register(filter, wild ? address(0) : msg.sender, wild ? _nextId : above.since);
    }

    /// @inheritdoc IFlyTrap
    function grant(
        string calldata filter,
        address account,
        uint8 rights,
        uint40 until,
        uint8 basis,
        bytes32 purpose
    ) external whenNotPaused {
        if (rights == 0 || rights > BOTH) revert FlyTrapInvalidRights(rights);
        if (basis == 0 || basis > LEGITIMATE_INTERESTS) revert FlyTrapInvalidBasis(basis);
        if (until <= block.timestamp) revert FlyTrapInvalidUntil(until);
        if (account == address(0)) revert FlyTrapInvalidAccount(account);
        (bytes32 topicId, address owner_) = _ownerOf(filter);
        if (owner_ != msg.sender) revert FlyTrapNotTopicOwner(filter, msg.sender);
        for (uint8 right = PUBLISH; right <= SUBSCRIBE; ++right) {
            if (rights & right == 0) continue;
            uint40 id = _nextId++;
            _grants[_key(topicId, account, right)] = Grant(msg.sender, id, until, basis);
            emit GrantIssued(topicId, account, id, msg.sender, right, until, basis, purpose);
        }
    }

    /// @inheritdoc IFlyTrap
    function revoke(string calldata filter, address account, uint8 rights) external {
        if (rights == 0 || rights > BOTH) revert FlyTrapInvalidRights(rights);
        (bytes32 topicId, address owner_) = _ownerOf(filter);
        for (uint8 right = PUBLISH; right <= SUBSCRIBE; ++right) {
            if (rights & right == 0) continue;
            bytes32 key = _key(topicId, account, right);
            Grant memory ended = _grants[key];
            if (ended.id == 0) revert FlyTrapGrantNotRevocable(topicId, account, right);
            bool mayEnd = msg.sender == owner_ || msg.sender == account || msg.sender == ended.grantor;
            if (!mayEnd) revert FlyTrapUnauthorizedSender(ended.id, msg.sender);
            delete _grants[key];
            emit GrantEnded(topicId, account, ended.id, msg.sender, right);
        }
    }

    /// @inheritdoc IFlyTrap
    function check(address account, string calldata name, uint8 right)
        external
        view
        returns (bool allowed, uint40 grantId, bytes32 via)
    {
        bytes calldata n = bytes(name);
        if ((right != PUBLISH && right != SUBSCRIBE) || !_isName(n)) return (false, 0, 0);
        Levels memory levels = _levelsOf(n);
        if (levels.nearest == NONE) return (false, 0, 0);
        uint256 nearest = levels.nearest;
        via = keccak256(n[:levels.ends[nearest]]);
        if (levels.owners[nearest] == account) return (true, 0, via);
        if (levels.whole && nearest == levels.count - 1) {
            grantId = _active(_key(via, account, right), levels.since[nearest], levels.since[nearest]);
            if (grantId != 0) return (true, grantId, via);
        }
        for (uint256 k = levels.count; k != 0;) {
            --k;
            // Carve-out: a wildcard reaches only what its own owner holds.
            if (levels.owners[k] != levels.owners[nearest]) continue;
            via = keccak256(bytes.concat(n[:levels.ends[k]], "/#"));
            grantId = _active(_key(via, account, right), levels.since[k], levels.since[nearest]);
            if (grantId != 0) return (true, grantId, via);
        }
        return (false, 0, 0);
    }

    /// @inheritdoc IFlyTrap
    function topicOf(string calldata filter) external view returns (address owner_, uint40 since, bool registered) {
        Topic storage topic = _topics[keccak256(bytes(filter))];
        if (!topic.registered) return (address(0), 0, false);
        (, owner_) = _ownerOf(filter);
        return (owner_, topic.since, true);
    }

    /// @inheritdoc IFlyTrap
    function grantOf(bytes32 topicId, address account, uint8 right)
        external
        view
        returns (address grantor, uint40 grantId, uint40 until, uint8 basis)
    {
        Grant storage held = _grants[_key(topicId, account, right)];
        return (held.grantor, held.id, held.until, held.basis);
    }

    function _register(string calldata filter, address owner_, uint40 since) private {
        bytes32 topicId = keccak256(bytes(filter));
        Topic storage topic = _topics[topicId];
        if (topic.registered) revert FlyTrapTopicExists(topicId);
        (topic.owner, topic.since, topic.registered) = (owner_, since, true);
        emit TopicRegistered(topicId, owner_, msg.sender, since, filter);
    }

    function _ownerOf(string calldata filter) private view returns (bytes32 topicId, address owner_) {
        topicId = keccak256(bytes(filter));
        Topic storage topic = _topics[topicId];
        if (!topic.registered) revert FlyTrapTopicUnregistered(topicId);
        if (topic.owner != address(0)) return (topicId, topic.owner);
        (, uint256 literal) = bytes(filter).parse();
        return (topicId, _nearest(bytes(filter), literal).owner);
    }

    /// @dev The registered literal topic nearest at or above the first `length` bytes; an empty one when there is none.
    function _nearest(bytes calldata filter, uint256 length) private view returns (Topic storage topic) {
        while (length != 0) {
            topic = _topics[keccak256(filter[:length])];
            if (topic.owner != address(0)) return topic;
            length = filter.parent(length);
        }
        return _topics[0];
    }

    function _levelsOf(bytes calldata name) private view returns (Levels memory levels) {
        for (uint256 i = 1; i < name.length && i <= TopicFilters.MAX_BYTES && levels.count < 16; ++i) {
            if (name.byteAt(i) == 0x2f) levels.ends[levels.count++] = i;
        }
        levels.whole = levels.count < 16 && name.length <= TopicFilters.MAX_BYTES;
        if (levels.whole) levels.ends[levels.count++] = name.length;
        levels.nearest = NONE;
        for (uint256 k; k < levels.count; ++k) {
            Topic storage topic = _topics[keccak256(name[:levels.ends[k]])];
            if (topic.owner != address(0)) {
                (levels.owners[k], levels.since[k], levels.nearest) = (topic.owner, topic.since, k);
            } else if (k != 0) {
                (levels.owners[k], levels.since[k]) = (levels.owners[k - 1], levels.since[k - 1]);
            }
        }
    }

    /// @dev A grant that counts now, or 0.
    function _active(bytes32 key, uint40 sinceTopic, uint40 sinceName) private view returns (uint40) {
        Grant storage held = _grants[key];
        bool counts = held.until > block.timestamp && held.id >= sinceTopic && held.id >= sinceName;
        return counts ? held.id : 0;
    }

    /// @dev No wildcard, no NUL, not empty. [MQTT-3.3.2-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2]
    function _isName(bytes calldata name) private pure returns (bool) {
        for (uint256 i; i < name.length; ++i) {
            uint256 c = name.byteAt(i);
            if (c == 0x23 || c == 0x2b || c == 0) return false;
        }
        return name.length != 0;
    }

    function _key(bytes32 topicId, address account, uint8 right) private pure returns (bytes32 key) {
        assembly ("memory-safe") {
            mstore(0, topicId)
            mstore(32, or(shl(96, account), right))
            key := keccak256(0, 64)
        }
    }
}
