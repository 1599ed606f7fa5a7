#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "stoa/task.hpp"
