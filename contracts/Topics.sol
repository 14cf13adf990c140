// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFlyTrap} from "./IFlyTrap.sol";
import {Payments} from "./Payments.sol";
import {Signatures} from "./Signatures.sol";
import {TopicFilters} from "./TopicFilters.sol";

/// @title Topics: registration, and who owns what
/// @dev A literal topic rules over its subtree down to the next literal topic. A wildcard belongs to the owner of its
/// *anchor*, its longest registered literal prefix.
abstract contract Topics is Payments, Signatures {
    using TopicFilters for bytes;

    struct Topic {
        // Zero for a wildcard.
        address owner;
        // A right granted under a lower number is from before the topic changed hands. Zero for a wildcard.
        uint40 since;
        bool registered;
        // Whether a transfer is proposed: `pendingOwner` is not zero.
        bool proposed;
        // What is for sale, since when, and at what price: counts only if it was set since the topic changed hands.
        uint8 offers;
        uint32 period;
        uint96 publishPrice;
        uint96 subscribePrice;
        uint40 termsSetAt;
        uint8 countryRule;
        bool isSealed;
        uint256 countries;
        address pendingOwner;
        uint40 proposal;
    }

    bytes32 private constant REGISTRATION = keccak256("Registration(string filter,address owner,uint256 deadline)");

    mapping(bytes32 topicId => Topic topic) internal _topics;

    /// @inheritdoc IFlyTrap
    function giveTopic(string calldata filter, address owner_) external onlyOwner whenNotPaused {
        _give(filter, owner_);
    }

    /// @inheritdoc IFlyTrap
    function redeemTopic(string calldata filter, uint256 deadline, bytes calldata signature)
        external
        payable
        whenNotPaused
    {
        bytes32 voucher = keccak256(abi.encode(REGISTRATION, keccak256(bytes(filter)), msg.sender, deadline));
        _checkSignature(owner(), voucher, deadline, signature);
        _takeRegistrationFee(filter);
        _give(filter, msg.sender);
    }

    /// @inheritdoc IFlyTrap
    function registerTopic(string calldata filter) external payable whenNotPaused {
        (bool wild, uint256 literal) = bytes(filter).parse();
        Topic storage above = _nearest(bytes(filter), wild ? literal : bytes(filter).parent(literal));
        if (above.owner != msg.sender) revert FlyTrapNotTopicOwner(filter, msg.sender);
        // What is proposed must not change under the hands of the one who is about to accept it.
        if (above.proposed) revert FlyTrapProposalStands(above.proposal);
        _takeRegistrationFee(filter);
        // A literal topic inherits its parent's number: registering below one's own topic is no change of hands.
        _register(filter, wild ? address(0) : msg.sender, wild ? 0 : above.since);
    }

    /// @inheritdoc IFlyTrap
    function topicOf(string calldata filter) external view returns (address owner_, uint40 since, bool registered) {
        Topic storage topic = _topics[keccak256(bytes(filter))];
        if (!topic.registered) return (address(0), 0, false);
        (,, Topic storage anchor) = _find(filter);
        return (anchor.owner, topic.since, true);
    }

    /// @dev The registered topic, and the literal topic whose owner owns it: itself, or a wildcard's anchor.
    function _find(string calldata filter)
        internal
        view
        returns (bytes32 topicId, Topic storage topic, Topic storage anchor)
    {
        topicId = keccak256(bytes(filter));
        topic = _topics[topicId];
        if (!topic.registered) revert FlyTrapTopicUnregistered(topicId);
        if (topic.owner != address(0)) return (topicId, topic, topic);
        (, uint256 literal) = bytes(filter).parse();
        anchor = _nearest(bytes(filter), literal);
    }

    /// @dev As {_find}, for the owner alone.
    function _findOwned(string calldata filter) internal view returns (bytes32 topicId, Topic storage topic) {
        Topic storage anchor;
        (topicId, topic, anchor) = _find(filter);
        if (anchor.owner != msg.sender) revert FlyTrapNotTopicOwner(filter, msg.sender);
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

    function _give(string calldata filter, address owner_) private {
        (bool wild, uint256 literal) = bytes(filter).parse();
        if (wild || bytes(filter).parent(literal) != 0) revert FlyTrapNotFirstLevel(filter);
        if (owner_ == address(0)) revert FlyTrapInvalidAccount(owner_);
        _register(filter, owner_, _nextId);
    }

    function _register(string calldata filter, address owner_, uint40 since) private {
        bytes32 topicId = keccak256(bytes(filter));
        Topic storage topic = _topics[topicId];
        if (topic.registered) revert FlyTrapTopicExists(topicId);
        (topic.owner, topic.since, topic.registered) = (owner_, since, true);
        emit TopicRegistered(topicId, owner_, msg.sender, since, filter);
    }
}
