/** Exact, unlike a number: a third of a millisecond, three times, is one. */
export class Fraction {
  private constructor(
    private readonly over: bigint,
    private readonly under: bigint,
  ) {}

  static of(whole: number, under = 1): Fraction {
    return new Fraction(BigInt(whole), BigInt(under));
  }

  plus({ over, under }: Fraction): Fraction {
    return new Fraction(this.over * under + over * this.under, this.under * under).#shortened();
  }

  minus({ over, under }: Fraction): Fraction {
    return this.plus(new Fraction(-over, under));
  }

  times({ over, under }: Fraction): Fraction {
    return new Fraction(this.over * over, this.under * under).#shortened();
  }

  isOver(other: Fraction): boolean {
    return this.minus(other).over > 0n;
  }

  floor(): number {
    const isShort = this.over < 0n && this.over % this.under !== 0n;
    return Number(this.over / this.under - (isShort ? 1n : 0n));
  }

  ceil(): number {
    return -new Fraction(-this.over, this.under).floor();
  }

  #shortened(): Fraction {
    let [a, b] = [this.over < 0n ? -this.over : this.over, this.under];
    while (b > 0n) [a, b] = [b, a % b];
    return new Fraction(this.over / a, this.under / a);
  }
}
