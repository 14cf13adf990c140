import { conformanceOf } from './which.ts'

conformanceOf('rabbitmq')
