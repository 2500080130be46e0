import { applyDecorators, SetMetadata } from '@nestjs/common';
import { TenantOptional } from '@parallax/tenant';

export const IS_PUBLIC = 'parallax:public';

/** The route needs no credential and looks at none. Read by RequestAuthenticator. */
export const Public = (): ClassDecorator & MethodDecorator =>
  applyDecorators(SetMetadata(IS_PUBLIC, true), TenantOptional());
