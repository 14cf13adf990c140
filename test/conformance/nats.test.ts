import { conformanceOf } from './which.ts'

conformanceOf('nats')
