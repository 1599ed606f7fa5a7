#include <caf/all.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/task.hpp"
