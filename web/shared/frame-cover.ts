/**
 * The frame on screen, drawn by the page itself.
 *
 * A browser puts a video's frames on the screen by themselves, beside what the page draws: told of a frame, the page may show
 * its card one screen refresh after that frame, or on a busy machine one before it. This canvas
 * covers the video and holds the very frame the page goes by: canvas and card change in one and the same picture, and a frame
 * that stands on screen keeps its card, however busy the machine is. It never comes and goes with a change: a browser may show
 * a canvas that goes once more as it was when it came.
 */
export class FrameCover {
  readonly #video: HTMLVideoElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;

  /** Call `remove` when done. The canvas lies on the video, with its box and its fit. */
  constructor(video: HTMLVideoElement) {
    this.#video = video;
    this.#canvas = video.ownerDocument.createElement('canvas');
    this.#canvas.className = 'cover';
    this.#canvas.hidden = true;
    this.#canvas.setAttribute('aria-hidden', 'true');
    this.#context = 'VideoFrame' in globalThis ? this.#canvas.getContext('2d', { alpha: false }) : null;
    if (this.#context !== null) video.after(this.#canvas);
  }

  /** Covers the video with the frame it has now; returns that frame's media time in seconds, or null where it can't be had. */
  hold(): number | null {
    const context = this.#context;
    if (context === null || this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
    let frame: VideoFrame;
    try {
      frame = new VideoFrame(this.#video);
    } catch {
      // A protected picture, or one from elsewhere that may not be read: it is left alone.
      return null;
    }
    try {
      const { displayWidth: width, displayHeight: height } = frame;
      if (this.#canvas.width !== width || this.#canvas.height !== height) {
        this.#canvas.width = width;
        this.#canvas.height = height;
      }
      context.drawImage(frame, 0, 0, width, height);
      this.#canvas.hidden = false;
      return frame.timestamp / 1_000_000;
    } finally {
      frame.close();
    }
  }

  /** Lets the video be seen by itself again. */
  release(): void {
    this.#canvas.hidden = true;
  }

  remove(): void {
    this.#canvas.remove();
  }
}
