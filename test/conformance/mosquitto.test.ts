import { conformanceOf } from './which.ts'

conformanceOf('mosquitto')
