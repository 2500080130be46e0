import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

class FieldProblemDto {
  @ApiProperty({ description: 'Dotted path into the body, or the name of the parameter' })
  field!: string;

  @ApiProperty()
  message!: string;
}

/** RFC 9457, as every error of the API looks. */
export class ProblemDto {
  @ApiProperty({ example: 'about:blank' })
  type!: string;

  @ApiProperty({ example: 'Validation failed' })
  title!: string;

  @ApiProperty({ example: 400 })
  status!: number;

  @ApiProperty()
  detail!: string;

  @ApiProperty({
    description: 'The id of the request',
    example: 'urn:uuid:6a3f7c52-6a0c-4a62-9a55-1f6d8a0e9f11',
  })
  instance!: string;

  @ApiProperty({ description: 'Stable; what a program should look at', example: 'VALIDATION_FAILED' })
  code!: string;

  @ApiPropertyOptional({ type: [FieldProblemDto], description: 'With VALIDATION_FAILED' })
  errors?: FieldProblemDto[];

  @ApiPropertyOptional({
    description: 'What a tenant uses too much of for a plan; with CONFLICT where that blocks the plan',
    type: 'array',
    items: { type: 'object', additionalProperties: true },
  })
  overLimit?: object[];

  @ApiPropertyOptional({ type: [String], description: 'The limits that refused; with 429, as what follows' })
  'violated-policies'?: string[];

  @ApiPropertyOptional({
    description: 'The name of the limit; also with LIMIT_REACHED',
    example: 'maxAgents',
  })
  resource?: string;

  @ApiPropertyOptional({ description: 'Also with LIMIT_REACHED' })
  limit?: number;

  @ApiPropertyOptional({ description: 'Units used; also with LIMIT_REACHED' })
  used?: number;

  @ApiPropertyOptional({ description: 'Units that work under way holds' })
  reserved?: number;

  @ApiPropertyOptional({ description: 'Units this request asked for' })
  requested?: number;

  @ApiPropertyOptional({ description: 'Units left' })
  remaining?: number;

  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  resetsAt?: string | null;

  @ApiPropertyOptional({ description: 'Also with FEATURE_NOT_ENTITLED' })
  plan?: string;

  @ApiPropertyOptional({ description: 'Whether the same request fits once there is room again' })
  retryable?: boolean;

  @ApiPropertyOptional({ description: 'Seconds, as in the header Retry-After' })
  retryAfter?: number;
}
