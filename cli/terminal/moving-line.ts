/** @module The one line of a terminal that moves: whatever else is written takes its place first. */
let isShown = false

export function showMoving(text: string): void {
  process.stderr.write(`\r\u001b[2K${text}`)
  isShown = true
}

export function hideMoving(): void {
  if (isShown) process.stderr.write('\r\u001b[2K')
  isShown = false
}
