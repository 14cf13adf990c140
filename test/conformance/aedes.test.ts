import { conformanceOf } from './which.ts'

conformanceOf('aedes')
