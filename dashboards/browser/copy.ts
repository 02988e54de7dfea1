// Text to the clipboard, from a file as well: where the clipboard is refused, the old way of a selection.

/** Whether it was copied; the button says so for a moment. */
export async function copyText(button: HTMLElement, text: string): Promise<boolean> {
  const copied = await navigator.clipboard.writeText(text).then(
    () => true,
    () => copySelection(text),
  );
  if (copied) sayCopied(button);
  return copied;
}

function copySelection(text: string): boolean {
  const area = Object.assign(document.createElement('textarea'), { value: text, className: 'visually-hidden' });
  // Inside an open dialog, or it could not be focused.
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}

function sayCopied(button: HTMLElement): void {
  const label = button.dataset.label ?? button.textContent!;
  button.dataset.label = label;
  button.textContent = 'Copied';
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
}
