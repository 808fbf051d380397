"""What a bill names and cannot price."""

from typing import Final

# For a link of the second version no price was found that has a source.
NOT_PRICED: Final = {"AWS::ApiGatewayV2::VpcLink"}
