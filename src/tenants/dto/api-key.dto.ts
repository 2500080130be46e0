import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsString, MaxLength } from 'class-validator';
import type { IssuedKey } from '../../auth/api-key.service.js';
import { TENANT_ROLES, type TenantRole } from '../../auth/roles.js';
import { encodeId } from '../../edge/typed-id.js';

export class CreateApiKeyDto {
  @ApiProperty({ maxLength: 200, example: 'ci' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name!: string;

  @ApiProperty({ enum: TENANT_ROLES })
  @IsIn(TENANT_ROLES)
  role!: TenantRole;
}

export class IssuedKeyDto {
  @ApiProperty({ example: 'key_01h455vb4pex5vsknk084sn02q' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: TENANT_ROLES })
  role!: string;

  @ApiProperty({ description: 'The key itself, in this answer only.' })
  key!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  createdAt!: Date;

  static of({ id, ...issued }: IssuedKey): IssuedKeyDto {
    return { id: encodeId('key', id), ...issued };
  }
}
