#include "stoa/http_client.hpp"

namespace stoa {

http_client::~http_client() = default;

}  // namespace stoa
