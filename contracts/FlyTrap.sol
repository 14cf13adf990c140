// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {AccessLog} from "./AccessLog.sol";
import {Auditors} from "./Auditors.sol";
import {DeviceKeys} from "./DeviceKeys.sol";
import {Rights} from "./Rights.sol";

/// @title FlyTrap
/// @notice See {IFlyTrap}: the contract in prose. One address to audit, and no way to change it afterwards.
contract FlyTrap is Rights, Auditors, DeviceKeys, AccessLog {
    constructor(address brokerOwner) Ownable(brokerOwner) {}
}
