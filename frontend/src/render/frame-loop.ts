/** One animation frame loop for everything on the canvas. It draws when something changed and rests otherwise. */
export class FrameLoop {
  private frame = 0;
  private stopped = false;

  constructor(private readonly draw: () => void) {}

  /** Draw at the next frame; asking twice draws once. */
  request(): void {
    if (this.frame || this.stopped) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  stop(): void {
    this.stopped = true;
    cancelAnimationFrame(this.frame);
  }
}
