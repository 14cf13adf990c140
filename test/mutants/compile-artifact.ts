/**
 * @module Compiles the contract of this copy alone, without the optimizer, and puts its code where Hardhat's tests find it:
 * half the time, and compiling is what a mutant costs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileFlyTrap, SOLC_SETTINGS } from '../../contracts/compile.ts'

const ARTIFACT = join(import.meta.dirname, '../../contracts/artifacts/contracts/FlyTrap.sol/FlyTrap.json')

const { bytecode, deployedBytecode } = compileFlyTrap({ ...SOLC_SETTINGS, optimizer: { enabled: false } })
const artifact: object = JSON.parse(readFileSync(ARTIFACT, 'utf8'))
writeFileSync(ARTIFACT, JSON.stringify({ ...artifact, bytecode, deployedBytecode }))
