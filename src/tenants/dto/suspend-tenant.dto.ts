import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

export class SuspendTenantDto {
  @ApiProperty({ maxLength: 500, example: 'invoice 2026-11 unpaid' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(500)
  reason!: string;
}
