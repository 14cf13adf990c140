/** @module Makes every copy button of a page work, those that appear later too. Without this script they stay hidden. */
export function enableCopying(): void {
  document.documentElement.classList.add('can-copy')
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-copy]') : null
    const text = button?.dataset.copy
    if (button === null || text === undefined) return
    navigator.clipboard.writeText(text).then(
      () => tell(button, 'copied'),
      () => tell(button, 'not allowed'),
    )
  })
}

function tell(button: HTMLElement, word: string): void {
  const before = button.textContent
  button.textContent = word
  setTimeout(() => {
    button.textContent = before
  }, 1_500)
}
