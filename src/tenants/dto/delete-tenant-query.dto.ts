import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

const NO_REASON = 'deleted by an operator';

/** In the query, since the body of a DELETE has no meaning and may be dropped on the way: RFC 9110 §9.3.5. */
export class DeleteTenantQueryDto {
  @ApiPropertyOptional({ maxLength: 500, default: NO_REASON, example: 'contract ended' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(500)
  reason: string = NO_REASON;
}
