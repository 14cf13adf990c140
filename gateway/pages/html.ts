/**
 * @module Markup as tagged templates, for the server and the browser alike. Whatever is put in is text: Preact escapes it
 * on the server and makes text nodes of it in a browser, and nothing here turns text into markup.
 */
import htm from 'htm'
import { type ComponentChildren, h, type VNode } from 'preact'

export type Html = VNode
export type Content = ComponentChildren

type Tag = (strings: TemplateStringsArray, ...values: unknown[]) => Html

// Its types speak of the CommonJS build; what is loaded is the function itself.
export const html = (htm as unknown as { bind(create: typeof h): Tag }).bind(h)
