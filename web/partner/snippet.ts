/** What a partner pastes into their page. */
export function snippet(base: string, show: string, channel: string): string {
  return `<script src="${base}/embed.js"></script>

<video id="programme" muted playsinline></video>
<see-now-buy-now show="${show}" channel="${channel}"
                 for="programme"></see-now-buy-now>

<script type="module">
  const card = document.querySelector('see-now-buy-now');
  card.attachHls(hls);              // your own hls.js player
  card.addEventListener('order', (event) => {
    console.log(event.detail);      // { order, status, sku, … }
  });
</script>`;
}
