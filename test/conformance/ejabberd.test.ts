import { conformanceOf } from './which.ts'

conformanceOf('ejabberd')
