// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title FlyTrap: who may access which MQTT topic, and who did
/// @notice One immutable contract: the source of truth that every proxy authorizes from, and the append-only log that
/// every proxy records in.
/// @dev Nothing written here can be erased. On chain for ever stand wallet addresses, registered filters, times and
/// counts. Wallet addresses are pseudonyms (GDPR Art. 4(5)) and unavoidable; purposes are stored only as salted hashes;
/// IP addresses, client ids, concrete topic names and free text never get here.
interface IFlyTrap {
    // Topics and grants

    /// @notice A topic filter was registered.
    /// @param topicId keccak256 of the filter's bytes.
    /// @param owner The owner of a literal topic; zero for a wildcard, which belongs to the owner of its longest
    /// registered literal prefix.
    /// @param sender The account that registered it.
    /// @param since From the counter that also numbers grants: no right granted under a lower number counts here.
    event TopicRegistered(
        bytes32 indexed topicId, address indexed owner, address indexed sender, uint40 since, string filter
    );

    /// @notice `grantor` gave `account` one right on a topic. An earlier grant of the same right is replaced.
    /// @param right 1 publish, 2 subscribe.
    /// @param until Unix seconds, exclusive.
    /// @param basis The lawful basis, GDPR Art. 6(1), 1 to 6 in its order.
    /// @param purpose Commitment to the text that says why; zero for none.
    event GrantIssued(
        bytes32 indexed topicId,
        address indexed account,
        uint40 indexed grantId,
        address grantor,
        uint8 right,
        uint40 until,
        uint8 basis,
        bytes32 purpose
    );

    /// @notice `sender` ended a grant.
    event GrantEnded(
        bytes32 indexed topicId, address indexed account, uint40 indexed grantId, address sender, uint8 right
    );

    // The access log

    /// @notice A recorder joined; its sequence starts at 1 and its head at `head`.
    event RecorderAdded(address indexed recorder, uint32 indexed recorderId, bytes32 head);

    /// @notice A recorder serves nobody from `retiredAt` on, but may record what its journal holds until its watermark
    /// reached `retiredAt`.
    event RecorderRetired(address indexed recorder, uint32 indexed recorderId, uint40 retiredAt);

    /// @notice A recorder's key was lost or stolen. Final: its sequence ends before `nextSeq`.
    event RecorderStopped(
        address indexed recorder, uint32 indexed recorderId, uint64 nextSeq, uint40 through, bytes32 head
    );

    /// @notice One access record.
    /// @param packed High to low: action u8, outcome u8, denialReason u16, firstAt u40, span u24, count u24, grantId u40,
    /// recorderId u32, seq u64 (domain/packed.ts).
    event Access(address indexed account, bytes32 indexed topicId, uint256 packed);

    /// @notice A batch of `count` records from `firstSeq` on; a heartbeat when `count` is zero.
    /// @param recordsHash keccak256 of the record bytes.
    /// @param evidenceRoot RFC 6962 root over the leaves of the records' evidence.
    /// @param through The watermark: every access decided at or before it has a sequence below the batch's end.
    /// @param builtAt No record of the batch was decided after it.
    /// @param head keccak256(abi.encode(head, firstSeq, count, recordsHash, evidenceRoot, through, builtAt)), seeded with
    /// keccak256(abi.encode(chainid, contract, recorder)).
    event Batch(
        address indexed recorder,
        uint64 indexed firstSeq,
        uint32 count,
        bytes32 recordsHash,
        bytes32 evidenceRoot,
        uint40 through,
        uint40 builtAt,
        bytes32 head
    );

    // Reports

    /// @notice The report certificate whose public key has SHA-256 `spkiHash` signs for this contract in [from, until).
    event ReportSignerSet(bytes32 indexed spkiHash, uint40 from, uint40 until);

    /// @notice An active recorder anchored a report.
    event ReportIssued(bytes32 indexed reportHash, uint8 indexed kind, address indexed issuer);

    /// @notice Without an owner nobody could unpause, stop a stolen recorder or give out names.
    error FlyTrapRenounceRefused();
    error FlyTrapInvalidPeriod(uint40 from, uint40 until);
    error FlyTrapInvalidAccount(address account);
    /// @notice The broker owner gives only names without `/` after the first character.
    error FlyTrapNotFirstLevel(string filter);
    error FlyTrapTopicExists(bytes32 topicId);
    error FlyTrapTopicUnregistered(bytes32 topicId);
    /// @notice `sender` does not own the nearest registered literal topic at or above the filter.
    error FlyTrapNotTopicOwner(string filter, address sender);
    error FlyTrapInvalidRights(uint8 rights);
    error FlyTrapInvalidBasis(uint8 basis);
    error FlyTrapInvalidUntil(uint40 until);
    /// @notice The right was never granted, or its grant was ended before.
    error FlyTrapGrantNotRevocable(bytes32 topicId, address account, uint8 right);
    /// @notice Only the topic's owner, the grantor or the grantee may end a grant.
    error FlyTrapUnauthorizedSender(uint40 grantId, address sender);
    error FlyTrapRecorderState(address recorder, uint8 state);
    /// @notice A retired recorder's watermark reached its retirement: nothing is left to record.
    error FlyTrapRecorderComplete(address recorder, uint40 retiredAt);
    error FlyTrapWrongSequence(uint64 expected, uint64 given);
    /// @notice Not whole records of 72 bytes, or more than 1,500.
    error FlyTrapWrongLength(uint256 length);
    /// @notice The watermark goes back, lies after `builtAt`, or does not rise with a heartbeat.
    error FlyTrapWrongWatermark(uint40 previous, uint40 given);
    /// @notice `builtAt` goes back or lies in the future.
    error FlyTrapWrongBuiltAt(uint40 previous, uint40 given);

    /// @notice Stops registration and grants; never recording, revoking. By the broker owner.
    function pause() external;

    /// @notice By the broker owner.
    function unpause() external;

    /// @notice Gives a first-level name to `owner`, by the broker owner: owning a name means reading what an existing
    /// broker carries, so it is never first come.
    ///
    /// Emits {TopicRegistered}.
    function giveTopic(string calldata filter, address owner) external;

    /// @notice Registers a wildcard, or a literal topic for the sender, below a literal topic that the sender owns.
    ///
    /// Emits {TopicRegistered}.
    function registerTopic(string calldata filter) external;

    /// @notice Gives `account` each right named in `rights` (1 publish, 2 subscribe), by the topic's owner. Each right
    /// gets its own new grantId; a grant of the same right that stood before is replaced.
    ///
    /// Emits {GrantIssued} for each right.
    function grant(
        string calldata filter,
        address account,
        uint8 rights,
        uint40 until,
        uint8 basis,
        bytes32 purpose
    ) external;

    /// @notice Ends `account`'s grants of `rights`, at once, by the topic's owner, the grantor or the grantee. An expired
    /// grant may be ended too, so that the history shows it; one that was ended before may not.
    ///
    /// Emits {GrantEnded} for each right.
    function revoke(string calldata filter, address account, uint8 rights) external;

    /// @notice May `account` use `right` on the concrete topic `name` now? Decides by ownership, exact topics and `#`;
    /// `+` is matched off chain.
    /// @return allowed Whether it may.
    /// @return grantId The deciding grant, 0 for ownership.
    /// @return via The topic of the deciding grant, or the literal topic that makes the owner owner.
    function check(address account, string calldata name, uint8 right)
        external
        view
        returns (bool allowed, uint40 grantId, bytes32 via);

    /// @return owner The owner; for a wildcard that of its longest registered literal prefix; zero when unregistered.
    /// @return since See {TopicRegistered}.
    /// @return registered Whether exactly this filter is registered.
    function topicOf(string calldata filter) external view returns (address owner, uint40 since, bool registered);

    /// @return grantor Zero when never granted or ended.
    function grantOf(bytes32 topicId, address account, uint8 right)
        external
        view
        returns (address grantor, uint40 grantId, uint40 until, uint8 basis);

    /// @notice Lets `recorder` record, by the broker owner. A recorder is never added twice.
    ///
    /// Emits {RecorderAdded}.
    function addRecorder(address recorder) external;

    /// @notice See {RecorderRetired}. By the broker owner.
    function retireRecorder(address recorder) external;

    /// @notice See {RecorderStopped}. By the broker owner.
    function stopRecorder(address recorder) external;

    /// @notice What the log says of a recorder: its number for life, its state (0 none, 1 active, 2 retired, 3 stopped),
    /// its next sequence, its last watermark and builtAt, and its head.
    function recorders(address recorder)
        external
        view
        returns (uint32 id, uint8 state, uint64 nextSeq, uint40 through, uint40 builtAt, bytes32 head);

    /// @notice Records `records` (72 bytes each: account 20, topicId 32, meta 20) as the sequences from `firstSeq` on.
    /// Resending is safe: a batch that was accepted is refused by its sequence, a heartbeat by its watermark.
    ///
    /// Requires firstSeq == nextSeq; previous through <= through <= builtAt <= block.timestamp; previous builtAt <=
    /// builtAt; and that a heartbeat raises through.
    ///
    /// Emits {Access} for each record, then {Batch}.
    function recordBatch(
        uint64 firstSeq,
        bytes calldata records,
        bytes32 evidenceRoot,
        uint40 through,
        uint40 builtAt
    ) external;

    /// @notice Sets the period in which a report certificate signs for this contract, by the broker owner.
    ///
    /// Emits {ReportSignerSet}.
    function setReportSigner(bytes32 spkiHash, uint40 from, uint40 until) external;

    /// @notice The period of a report certificate; both zero when it was never set.
    function reportSigners(bytes32 spkiHash) external view returns (uint40 from, uint40 until);

    /// @notice Anchors a report, by an active recorder (every gateway is one), so that strangers cannot fill the list.
    ///
    /// Emits {ReportIssued}.
    function issueReport(bytes32 reportHash, uint8 kind) external;
}
